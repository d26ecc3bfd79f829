"""Words that stand above the columns of a table, in several languages: one table, and no other place.

A word is compared in small letters and without accents, so ``PARAMÈTRES`` and ``parametres`` are one word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "layer": """layer|layer name|layer (type)|layer type|layers|name of layer|path|name|row|stage
        |operation|module|block|node|figure|schicht|schichten|ebene|lage|name der schicht|capa|capas
        |nombre de la capa|couche|couches|nom de la couche|camada|camadas|nome da camada|слой|слои
        |название слоя|имя слоя|vrstva|vrstvy|název vrstvy|层|网络层|层名|层名称|層|網路層|網絡層|層名
        |層名稱|레이어|계층|층|レイヤー|レイヤ|層の名前""",
    "type": """type|kind|op|operator|layer kind|typ|schichttyp|art|tipo|tipo de capa|tipo de camada
        |тип|тип слоя|typ vrstvy|类型|层类型|類型|層類型|유형|종류|種類|タイプ|型""",
    "output": """output|output shape|output size|output volume|output dimensions|output dim|out shape
        |out size|out sizes|outshape|size of output|feature map size|feature map|activation shape
        |output tensor|ausgabe|ausgabegröße|ausgabeform|ausgabevolumen|ausgang|ausgangsgröße
        |ausgabedimension|größe der ausgabe|salida|tamaño de salida|tamaño de la salida
        |forma de salida|dimensión de salida|dimensiones de salida|volumen de salida|sortie
        |taille de sortie|taille de la sortie|forme de sortie|dimension de sortie|dimensions de sortie
        |volume de sortie|saída|tamanho da saída|tamanho de saída|forma da saída|formato da saída
        |dimensão da saída|dimensão de saída|volume de saída|выход|размер выхода|выходной размер
        |форма выхода|размерность выхода|выходной объём|выходной тензор|výstup|velikost výstupu
        |tvar výstupu|rozměr výstupu|rozměry výstupu|输出|输出尺寸|输出大小|输出形状|输出维度
        |输出特征图|特征图大小|特征图尺寸|輸出|輸出尺寸|輸出大小|輸出形狀|輸出維度|출력|출력 크기
        |출력 형태|출력 차원|출력 모양|出力|出力サイズ|出力形状|出力の形|出力次元""",
    "input": """input|input shape|input size|input volume|in shape|in size|in sizes|inshape|eingabe
        |eingang|eingabegröße|entrada|tamaño de entrada|forma de entrada|entrée|taille d'entrée
        |taille de l'entrée|tamanho da entrada|tamanho de entrada|вход|размер входа|vstup
        |velikost vstupu|输入|输入尺寸|输入大小|输入形状|輸入|輸入尺寸|輸入大小|입력|입력 크기|入力
        |入力サイズ""",
    "params": """params|param|parameters|parameter|number of parameters|number of params
        |parameter count|num params|n params|nparams|params count|no of parameters|total params|par|parms
        |anzahl parameter
        |anzahl der parameter|parameteranzahl|parameterzahl|parámetros|número de parámetros
        |cantidad de parámetros|n de parámetros|paramètres|nombre de paramètres|nb de paramètres
        |nb paramètres|parâmetros|número de parâmetros|quantidade de parâmetros|параметры
        |число параметров|количество параметров|кол-во параметров|parametry|počet parametrů|参数
        |参数量|参数数|参数个数|参数数量|参数数目|參數|參數量|參數數|參數數量|參數個數|파라미터
        |파라미터 수|파라미터수|매개변수|매개변수 수|パラメータ|パラメータ数|パラメーター
        |パラメーター数""",
    "weights": """weights|weight|gewichte|anzahl gewichte|anzahl der gewichte|pesos|número de pesos
        |poids|nombre de poids|веса|число весов|количество весов|váhy|počet vah|权重|权重数|权值|權重
        |權重數|가중치|가중치 수|重み|重み数|重みの数""",
    "biases": """biases|bias|bias-werte|biaswerte|anzahl bias|sesgos|sesgo|biais|nombre de biais
        |vieses|viés|смещения|смещение|число смещений|biasy|prahy|偏置|偏置数|偏置量|偏差|偏差數|편향
        |바이어스|バイアス|バイアス数""",
    "kernel": """kernel|kernel size|kernel shape|filter size|window size|kernelgröße|filtergröße
        |fenstergröße|kern|faltungskern|tamaño del filtro|tamaño de filtro|tamaño del kernel
        |tamaño de kernel|núcleo|taille du filtre|taille du noyau|noyau|tamanho do filtro
        |tamanho do kernel|ядро|размер ядра|размер фильтра|jádro|velikost jádra|velikost filtru|卷积核
        |卷积核大小|核大小|卷积核尺寸|卷積核|卷積核大小|커널|커널 크기|필터 크기|カーネル
        |カーネルサイズ|フィルタサイズ""",
    "filters": """filters|number of filters|num filters|filter count|filteranzahl|anzahl filter
        |anzahl der filter|filtros|número de filtros|filtres|nombre de filtres|фильтры|число фильтров
        |количество фильтров|filtry|počet filtrů|卷积核个数|卷积核数|卷积核数量|滤波器数|滤波器个数
        |濾波器數|필터 수|필터 개수|フィルタ数""",
    "stride": """stride|strides|schrittweite|schritt|paso|zancada|pas|foulée|passo|шаг|страйд|krok
        |步长|步幅|步長|스트라이드|보폭|ストライド""",
    "pad": """pad|pads|padding|zero padding|auffüllung|polsterung|relleno|remplissage|preenchimento
        |паддинг|дополнение|заполнение|výplň|填充|补零|填補|補零|패딩|パディング""",
    "memory": """memory|speicher|speicherbedarf|speicherverbrauch|memoria|mémoire|memória|память|paměť
        |内存|内存占用|显存|存储|記憶體|內存|메모리|メモリ|メモリー""",
    "activations": """activations|aktivierungen|anzahl aktivierungen|activaciones|ativações|активации
        |aktivace|激活值|激活数|激活值数量|活性化|활성화|활성값""",
    "operations": """compute|computation|computations|computational cost|cost|costs|complexity|operations
        |ops|rechenaufwand|aufwand|operationen|operaciones|opérations|operações|операции|число операций
        |operace|计算量|运算量|計算量|運算量|计算复杂度|연산량|계산량|演算量""",
    "calculation": """calculation|calculations|calculation of params|params calculation
        |parameter calculation|param calculation|parameters calculation|how|formula|formulas|working
        |work|steps|rechnung|berechnung|rechenweg|formel|cálculo|fórmula|calcul|formule|вычисление
        |расчёт|формула|výpočet|vzorec|计算|计算过程|计算公式|公式|計算|計算式|계산|계산식|수식""",
    "filter": """filter|filter/kernel|kernel/filter|kernels""",
    "macs": """macs|mac|mult-adds|multiply-adds|forward macs|乘加|乘加次数|乘加运算|乘加運算|積和演算""",
    "flops": """flops|flop|浮点运算|浮点运算数|浮点运算次数|浮點運算|浮點運算數|浮動小数点演算""",
    "receptive field": """receptive field|rezeptives feld|campo receptivo|champ réceptif
        |champ récepteur|рецептивное поле|receptivní pole|感受野|수용 영역|수용장|수용 영역 크기
        |受容野""",
    "details": """details|description|options|hyperparameters|settings|configuration|beschreibung
        |einstellungen|descripción|opciones|description de la couche|descrição|описание|параметры слоя
        |popis|nastavení|说明|描述|設定|設定値|설명|설정""",
    "h": """h|height|rows|höhe|alto|altura|hauteur|высота|výška|高|高度|높이|高さ""",
    "w": """w|width|columns|breite|ancho|anchura|largeur|largura|ширина|šířka|宽|宽度|寬|寬度|너비|폭
        |幅""",
    "c": """c|d|channels|depth|out channels|kanäle|tiefe|kanalanzahl|canales|profundidad|canaux
        |profondeur|canais|profundidade|каналы|глубина|число каналов|kanály|hloubka|počet kanálů|通道
        |通道数|深度|通道數|채널|채널 수|깊이|チャンネル|チャネル|チャンネル数|チャネル数|深さ""",
    "network": """network|networks|model|models|architecture|netz|netzwerk|modell|red|modelo|réseau
        |modèle|rede|сеть|модель|síť|网络|模型|網路|網絡|네트워크|모델|ネットワーク|モデル""",
    "total": """total|totals|sum|Σ|∑|overall|grand total|in total|gesamt|summe|insgesamt|gesamtsumme|suma
        |suma total|somme|au total|soma|итого|всего|сумма|celkem|součet|总计|合计|总和|总共|总|總計
        |合計|總和|총계|합계|총합|전체|総計""",
    "": """|no|nr|num|number|given|then|note|notes|comment|comments|remark|remarks|rounding|window
        |nummer|bemerkung|kommentar|numéro|remarque|número|nota|comentario|номер|примечание|číslo
        |poznámka|序号|编号|备注|序號|編號|備註|번호|비고|番号|備考|trainable|connected to|mode
        |aktivierungsfunktion|función de activación|fonction d'activation|função de ativação
        |функция активации|激活函数|활성화 함수|活性化関数""",
}
"""What a column holds, and the words for it. The empty name is for what answers no question."""


def bare_word(text: str) -> str:
    """A word as it is compared: in small letters, without accents, ``#`` and the signs around it.

    >>> bare_word("  # Paramètres: "), bare_word("Param #"), bare_word("receptive_field")
    ('parametres', 'param', 'receptive field')
    """
    spaced = text.replace("#", " ").replace("_", " ").replace("№", " ").replace("º", " ")
    letters = unicodedata.normalize("NFKD", spaced.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", " ".join(bare.split()).strip(" :.*"))


MEANINGS: Mapping[str, str] = {
    bare_word(word): meaning for meaning, words in _WORDS.items() for word in words.split("|")
}
"""What each word means."""


def meaning_of(text: str) -> str | None:
    """What a word above a column means; None for an unknown word.

    >>> meaning_of("Параметры"), meaning_of("Ausgabe"), meaning_of("参数量"), meaning_of("colour")
    ('params', 'output', 'params', None)
    """
    return MEANINGS.get(bare_word(text))


def is_total_word(text: str) -> bool:
    """Whether a word means the whole network.

    >>> is_total_word("Gesamt:"), is_total_word("合计"), is_total_word("fc8")
    (True, True, False)
    """
    return meaning_of(text) == "total"
